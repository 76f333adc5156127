-- What people wrote down about a sequence, frame by frame. JSON, read whole.
CREATE TABLE notes (
    sequence_id TEXT   NOT NULL PRIMARY KEY REFERENCES sequences (id),
    content     TEXT   NOT NULL,
    changed_at  BIGINT NOT NULL
);
