-- Ratings. Votes are events that are only ever added, each chained to the one before; what counts now is a view over them.

CREATE TABLE raters (
    id          TEXT    NOT NULL PRIMARY KEY,  -- the pseudonym that votes know
    name        TEXT,                          -- the person; NULL once they asked to be forgotten
    role        TEXT    NOT NULL,
    public_key  TEXT,                          -- OpenSSH, "ssh-ed25519 AAAA"
    fingerprint TEXT    UNIQUE,
    invite      TEXT    UNIQUE,                -- blake3 of a token that is good for one visit; NULL once it is used
    simulated   BOOLEAN NOT NULL,
    revoked     BOOLEAN NOT NULL,
    added_at    BIGINT  NOT NULL
);

CREATE TABLE campaigns (
    id         TEXT   NOT NULL PRIMARY KEY,
    name       TEXT   NOT NULL UNIQUE,
    settings   TEXT   NOT NULL,                -- the plan, JSON
    state      TEXT   NOT NULL,
    created_at BIGINT NOT NULL
);

-- Which system a story stands for in a campaign.
CREATE TABLE candidates (
    campaign_id TEXT NOT NULL REFERENCES campaigns (id),
    story_id    TEXT NOT NULL REFERENCES stories (id),
    policy      TEXT NOT NULL,
    PRIMARY KEY (campaign_id, story_id)
);

CREATE TABLE pairs (
    id          TEXT   NOT NULL PRIMARY KEY,
    campaign_id TEXT   NOT NULL REFERENCES campaigns (id),
    sequence_id TEXT   NOT NULL REFERENCES sequences (id),
    first_id    TEXT   NOT NULL REFERENCES stories (id),
    second_id   TEXT   NOT NULL REFERENCES stories (id),
    kind        TEXT   NOT NULL,               -- plain, gold, practice
    answer      BIGINT,                        -- of gold and practice: 1 if the first is better, -1 if the second
    chance      DOUBLE PRECISION NOT NULL CHECK (chance > 0 AND chance <= 1), -- that this pair was drawn
    shuffle     BIGINT NOT NULL,               -- the order in which pairs are given out
    votes       BIGINT NOT NULL                -- finished turns that count for the overlap
);
CREATE INDEX pairs_to_give ON pairs (campaign_id, kind, votes, shuffle);

CREATE TABLE turns (
    id            TEXT    NOT NULL PRIMARY KEY,
    campaign_id   TEXT    NOT NULL REFERENCES campaigns (id),
    pair_id       TEXT    NOT NULL REFERENCES pairs (id),
    rater_id      TEXT    NOT NULL REFERENCES raters (id),
    repeated      BOOLEAN NOT NULL,
    first_is_left BOOLEAN NOT NULL,
    state         TEXT    NOT NULL,            -- open, done, skipped, lost
    lease_until   BIGINT  NOT NULL,
    shown_at      BIGINT  NOT NULL,
    ended_at      BIGINT,
    draft         TEXT,                        -- a preference, JSON
    UNIQUE (pair_id, rater_id, repeated)
);
CREATE INDEX turns_of_rater ON turns (campaign_id, rater_id, state);
CREATE INDEX turns_of_pair ON turns (pair_id, state);

CREATE TABLE vote_events (
    seq      BIGINT NOT NULL PRIMARY KEY,      -- 1, 2, 3 without a gap
    id       TEXT   NOT NULL UNIQUE,           -- made by the rater's side: a replay is the same event
    turn_id  TEXT   NOT NULL,
    rater_id TEXT   NOT NULL,
    kind     TEXT   NOT NULL,                  -- vote, undo, skip, late, consent
    content  TEXT   NOT NULL,                  -- a preference or what the kind needs, JSON
    at       BIGINT NOT NULL,
    previous TEXT   NOT NULL,                  -- hash of the event before
    hash     TEXT   NOT NULL                   -- blake3 over all of the above
);
CREATE INDEX vote_events_of_turn ON vote_events (turn_id, seq);
CREATE INDEX vote_events_of_rater ON vote_events (rater_id, kind);

-- The wording of triggers is PostgreSQL's own.
CREATE FUNCTION vote_events_never_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a vote never changes';
END
$$;
CREATE FUNCTION vote_events_never_go() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a vote never goes';
END
$$;
CREATE TRIGGER vote_events_never_change BEFORE UPDATE ON vote_events
    FOR EACH ROW EXECUTE FUNCTION vote_events_never_change();
CREATE TRIGGER vote_events_never_go BEFORE DELETE ON vote_events
    FOR EACH ROW EXECUTE FUNCTION vote_events_never_go();
CREATE TRIGGER vote_events_never_go_at_once BEFORE TRUNCATE ON vote_events
    FOR EACH STATEMENT EXECUTE FUNCTION vote_events_never_go();

CREATE VIEW current_votes AS
SELECT e.seq, e.turn_id, e.rater_id, e.content, e.at
FROM vote_events e
WHERE e.kind = 'vote'
  AND e.seq = (SELECT MAX(m.seq) FROM vote_events m WHERE m.turn_id = e.turn_id AND m.kind IN ('vote', 'undo'));
