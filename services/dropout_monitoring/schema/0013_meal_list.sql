-- `disputed`: class and list of meals say different things of the child.
ALTER TABLE absence ADD COLUMN disputed BIGINT NOT NULL DEFAULT 0;
