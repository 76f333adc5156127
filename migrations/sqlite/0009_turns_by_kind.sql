-- What a turn's pair is for, again, with the turn: how far a rater is, and what share of their turns had a known answer, is counted
-- with every turn, and comes from this index alone.
ALTER TABLE turns ADD COLUMN kind TEXT NOT NULL DEFAULT 'plain';
UPDATE turns SET kind = (SELECT p.kind FROM pairs p WHERE p.id = turns.pair_id);
DROP INDEX turns_of_rater;
CREATE INDEX turns_of_rater ON turns (campaign_id, rater_id, state, kind, repeated);

-- Whether a pair has a place free is counted from its index alone as well: where many rate at once, many pairs are passed by.
DROP INDEX turns_of_pair;
CREATE INDEX turns_of_pair ON turns (pair_id, state, lease_until, repeated);
