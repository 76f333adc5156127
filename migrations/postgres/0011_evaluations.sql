-- What suites found, each with everything needed to make it again: the suite's words, models with their hashes, seeds, version, command.
-- The card (for the list) and the content (the table) are JSON, read whole. The stories behind it lie in the folder that the card names.
CREATE TABLE evaluations (
    id       TEXT   NOT NULL PRIMARY KEY,
    suite    TEXT   NOT NULL,              -- its name
    ended_at BIGINT NOT NULL,              -- seconds since 1970
    card     TEXT   NOT NULL,
    content  TEXT   NOT NULL
);
CREATE INDEX evaluations_by_time ON evaluations (ended_at);
