-- Accounts, confirmed grants and revocations as every service keeps them: the registry writes them in its handlers, the others in their follower.
-- Shard: "a" and the home region of the account.
CREATE TABLE access_account (
  shard TEXT NOT NULL,
  name TEXT NOT NULL,
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  person TEXT NOT NULL,
  active BIGINT NOT NULL,
  revoked_before BIGINT NOT NULL,
  PRIMARY KEY (shard, name)
);

CREATE TABLE access_grant (
  shard TEXT NOT NULL,
  name TEXT NOT NULL,
  account TEXT NOT NULL,
  role TEXT NOT NULL,
  area TEXT NOT NULL,
  valid_from TEXT NOT NULL,
  valid_until TEXT NOT NULL,
  purposes TEXT NOT NULL,
  PRIMARY KEY (shard, name)
);

CREATE TABLE access_session (
  shard TEXT NOT NULL,
  account TEXT NOT NULL,
  session TEXT NOT NULL,
  PRIMARY KEY (shard, account, session)
);

-- Counts the changes of a shard, so that every process sees that it has to read again.
CREATE TABLE access_version (
  shard TEXT NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard)
);
