-- Several servers may share a campaign (then in PostgreSQL), and each chains the events that it writes: seq counts within a server.
-- A home folder with a database of its own has one chain, that of the server ''; what was written before goes on in it.
ALTER TABLE vote_events ADD COLUMN server TEXT NOT NULL DEFAULT '';

-- 1, 2, 3 without a gap for each rater, over all servers: what came after what, whatever their clocks say. A turn is one rater's.
ALTER TABLE vote_events ADD COLUMN rater_seq BIGINT NOT NULL DEFAULT 0;
DROP TRIGGER vote_events_never_change;
UPDATE vote_events SET rater_seq = counted.place
FROM (SELECT seq, ROW_NUMBER() OVER (PARTITION BY rater_id ORDER BY seq) AS place FROM vote_events) AS counted
WHERE counted.seq = vote_events.seq;
CREATE TRIGGER vote_events_never_change BEFORE UPDATE ON vote_events
BEGIN
    SELECT RAISE(ABORT, 'a vote never changes');
END;
CREATE UNIQUE INDEX vote_events_in_order ON vote_events (rater_id, rater_seq);

DROP VIEW current_votes;
DROP INDEX vote_events_of_turn;
CREATE INDEX vote_events_of_turn ON vote_events (turn_id, rater_seq);
CREATE VIEW current_votes AS
SELECT e.server, e.seq, e.turn_id, e.rater_id, e.rater_seq, e.content, e.at
FROM vote_events e
WHERE e.kind = 'vote'
  AND e.rater_seq = (SELECT MAX(m.rater_seq) FROM vote_events m WHERE m.turn_id = e.turn_id AND m.kind IN ('vote', 'undo'));
