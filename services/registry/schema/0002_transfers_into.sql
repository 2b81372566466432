-- What waits for a county to accept it, whatever county asks.
CREATE INDEX transfer_into ON transfer (to_shard, shard, id);
