-- The ledger of aid money. Entries are roots and are never changed; everything else here follows from them and is written in the same
-- transaction: balances per fund and account, the same per day, what is open of each order and person.
CREATE TABLE ledger_entry (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  kind TEXT NOT NULL,
  budget_year BIGINT NOT NULL,
  item TEXT NOT NULL,
  amount_fen BIGINT NOT NULL,
  on_day TEXT NOT NULL,
  order_name TEXT NOT NULL,
  person TEXT NOT NULL,
  batch TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id),
  CHECK (amount_fen > 0)
);
CREATE INDEX ledger_entry_by_fund ON ledger_entry (shard, budget_year, item, kind, on_day, amount_fen);
CREATE INDEX ledger_entry_by_day ON ledger_entry (shard, on_day, id);
CREATE INDEX ledger_entry_by_order ON ledger_entry (shard, order_name, id) WHERE order_name <> '';
CREATE INDEX ledger_entry_by_person ON ledger_entry (shard, person, id) WHERE person <> '';

-- What two persons decided about a fund: closed_on '' is open; advance_fen is how far it may go below its money at hand.
CREATE TABLE fund (
  shard TEXT NOT NULL,
  budget_year BIGINT NOT NULL,
  item TEXT NOT NULL,
  closed_on TEXT NOT NULL,
  advance_fen BIGINT NOT NULL,
  PRIMARY KEY (shard, budget_year, item),
  CHECK (advance_fen >= 0)
);

CREATE TABLE fund_account (
  shard TEXT NOT NULL,
  budget_year BIGINT NOT NULL,
  item TEXT NOT NULL,
  account BIGINT NOT NULL,
  debit_fen BIGINT NOT NULL,
  credit_fen BIGINT NOT NULL,
  PRIMARY KEY (shard, budget_year, item, account)
);

-- What was booked on a day, so that the trial balance of any day is one range of the key.
CREATE TABLE fund_day (
  shard TEXT NOT NULL,
  on_day TEXT NOT NULL,
  budget_year BIGINT NOT NULL,
  item TEXT NOT NULL,
  account BIGINT NOT NULL,
  debit_fen BIGINT NOT NULL,
  credit_fen BIGINT NOT NULL,
  PRIMARY KEY (shard, on_day, budget_year, item, account)
);

-- `subject`: an order's name, "" for entries without one; or a person's id.
CREATE TABLE fund_open (
  shard TEXT NOT NULL,
  budget_year BIGINT NOT NULL,
  item TEXT NOT NULL,
  subject TEXT NOT NULL,
  of_person BIGINT NOT NULL,
  payable_fen BIGINT NOT NULL,
  paid_fen BIGINT NOT NULL,
  recoverable_fen BIGINT NOT NULL,
  PRIMARY KEY (shard, budget_year, item, of_person, subject),
  CHECK (payable_fen >= 0),
  CHECK (paid_fen >= 0),
  CHECK (recoverable_fen >= 0)
);

-- Steps that two persons take: carry-over, surrender, closing, the rule to advance.
CREATE TABLE fund_step (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  kind TEXT NOT NULL,
  budget_year BIGINT NOT NULL,
  state TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);

-- What was settled with a school for a term and item.
CREATE TABLE settlement (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  school TEXT NOT NULL,
  term TEXT NOT NULL,
  item TEXT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX settlement_by_term ON settlement (shard, term, area, id);
