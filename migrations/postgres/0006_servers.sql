-- Several servers may share a campaign, and each chains the events that it writes: seq counts within a server. One that writes
-- holds its row here, so that its chain grows by one event at a time.
CREATE TABLE servers (
    id       TEXT   NOT NULL PRIMARY KEY,      -- made once for a home folder and kept in it
    added_at BIGINT NOT NULL
);
ALTER TABLE vote_events ADD COLUMN server TEXT NOT NULL DEFAULT '';

-- 1, 2, 3 without a gap for each rater, over all servers: what came after what, whatever their clocks say. A turn is one rater's.
ALTER TABLE vote_events ADD COLUMN rater_seq BIGINT NOT NULL DEFAULT 0;

DROP VIEW current_votes;
ALTER TABLE vote_events DROP CONSTRAINT vote_events_pkey;
ALTER TABLE vote_events ADD PRIMARY KEY (server, seq);
CREATE UNIQUE INDEX vote_events_in_order ON vote_events (rater_id, rater_seq);
DROP INDEX vote_events_of_turn;
CREATE INDEX vote_events_of_turn ON vote_events (turn_id, rater_seq);
CREATE VIEW current_votes AS
SELECT e.server, e.seq, e.turn_id, e.rater_id, e.rater_seq, e.content, e.at
FROM vote_events e
WHERE e.kind = 'vote'
  AND e.rater_seq = (SELECT MAX(m.rater_seq) FROM vote_events m WHERE m.turn_id = e.turn_id AND m.kind IN ('vote', 'undo'));

-- What the pictures are made of, so that servers with other home folders can show them. Not compressed: they are already.
CREATE TABLE image_bytes (
    hash    TEXT  NOT NULL PRIMARY KEY REFERENCES images (hash),
    content BYTEA NOT NULL
);
ALTER TABLE image_bytes ALTER COLUMN content SET STORAGE EXTERNAL;
