-- Monthly checks of the register of a school, each version a row.
CREATE TABLE register_check (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  school TEXT NOT NULL,
  month TEXT NOT NULL,
  state TEXT NOT NULL,
  is_replaced BIGINT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX register_check_by_month ON register_check (shard, month, area, id);
