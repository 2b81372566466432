-- Attachments. One row per file in the form of every root (common/feed/root.h): written by the service with its journal entry.
CREATE TABLE file (
  shard TEXT NOT NULL,
  id TEXT NOT NULL,
  area TEXT NOT NULL,
  owner TEXT NOT NULL,
  state TEXT NOT NULL,
  total_bytes BIGINT NOT NULL,
  since BIGINT NOT NULL,
  body BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX file_by_state ON file (shard, state, since, total_bytes);

-- Roots that refer to a file.
CREATE TABLE file_reference (
  shard TEXT NOT NULL,
  owner TEXT NOT NULL,
  file_id TEXT NOT NULL,
  PRIMARY KEY (shard, owner, file_id)
);
CREATE INDEX file_reference_by_file ON file_reference (shard, file_id);

-- Bytes at rest: where they lie in the store, and their own key, sealed by the shard's. `address` is the keyed digest of the content, '' while it
-- is being uploaded. `dropped`: no file holds them, the key is destroyed, the bytes are still to be removed.
CREATE TABLE file_object (
  shard TEXT NOT NULL,
  object TEXT NOT NULL,
  address TEXT NOT NULL,
  sealed_key BYTEA NOT NULL,
  dropped BIGINT NOT NULL,
  PRIMARY KEY (shard, object)
);
CREATE UNIQUE INDEX file_object_by_address ON file_object (shard, address) WHERE address <> '';

CREATE INDEX file_object_dropped ON file_object (shard, object) WHERE dropped = 1;

-- The object of each file; files with the same content share one.
CREATE TABLE file_held (
  shard TEXT NOT NULL,
  file_id TEXT NOT NULL,
  object TEXT NOT NULL,
  PRIMARY KEY (shard, file_id)
);
CREATE INDEX file_held_by_object ON file_held (shard, object);

-- Uploaded bytes, encrypted; deleted when the upload ends.
CREATE TABLE file_chunk (
  shard TEXT NOT NULL,
  file_id TEXT NOT NULL,
  start_offset BIGINT NOT NULL,
  end_offset BIGINT NOT NULL,
  digest BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  PRIMARY KEY (shard, file_id, start_offset)
);

-- The store in the database (store.h): pieces of objects, encrypted under the object's own key.
CREATE TABLE file_piece (
  shard TEXT NOT NULL,
  object TEXT NOT NULL,
  number BIGINT NOT NULL,
  sealed BYTEA NOT NULL,
  PRIMARY KEY (shard, object, number)
);
