-- What lasts: the same tables as in migrations/sqlite, which has the reasons, number by number.
-- Times are milliseconds since 1970 UTC, but told_at, which is seconds as the story itself says it.
-- Columns that hold JSON are TEXT: they are read whole and never searched.

CREATE TABLE images (
    hash     TEXT   NOT NULL PRIMARY KEY,   -- blake3 of the encoded bytes, hex; the file is images/ab/abcdef..
    media    TEXT   NOT NULL,               -- image/png
    width    BIGINT NOT NULL CHECK (width > 0),
    height   BIGINT NOT NULL CHECK (height > 0),
    bytes    BIGINT NOT NULL CHECK (bytes > 0),
    added_at BIGINT NOT NULL
);

CREATE TABLE sequences (
    id        TEXT    NOT NULL PRIMARY KEY, -- by content, so the same pictures opened twice are one row
    title     TEXT    NOT NULL,
    source    TEXT    NOT NULL,
    credits   TEXT,
    members   TEXT    NOT NULL,             -- the cast, JSON: [{"name","species"}]
    in_world  BOOLEAN NOT NULL,
    opened_at BIGINT  NOT NULL              -- the last time; the gallery's order
);
CREATE INDEX sequences_by_opening ON sequences (opened_at);

CREATE TABLE frames (
    sequence_id TEXT   NOT NULL REFERENCES sequences (id) ON DELETE CASCADE,
    place       BIGINT NOT NULL CHECK (place >= 0),
    hash        TEXT   NOT NULL REFERENCES images (hash),
    name        TEXT   NOT NULL,
    words       TEXT,                       -- the text that came with the picture
    PRIMARY KEY (sequence_id, place)
);
CREATE INDEX frames_by_image ON frames (hash);

CREATE TABLE checkpoints (
    name       TEXT    NOT NULL PRIMARY KEY,
    source     TEXT    NOT NULL,            -- a folder as it was named, or a hub id with its revision
    folder     TEXT    NOT NULL,
    owned      BOOLEAN NOT NULL,            -- the folder is a copy under home and goes when the model goes
    hash       TEXT    NOT NULL,            -- blake3 of the weights, hex
    stamp      BIGINT  NOT NULL,            -- when they were written last: the hash holds as long as this does
    family     TEXT    NOT NULL,
    dtype      TEXT    NOT NULL,
    parameters BIGINT  NOT NULL,
    bytes      BIGINT  NOT NULL,
    world_only BOOLEAN NOT NULL,
    added_at   BIGINT  NOT NULL
);

CREATE TABLE adapters (
    name     TEXT    NOT NULL PRIMARY KEY,
    base     TEXT    NOT NULL REFERENCES checkpoints (name),
    source   TEXT    NOT NULL,
    folder   TEXT    NOT NULL,
    owned    BOOLEAN NOT NULL,
    hash     TEXT    NOT NULL,
    rank     BIGINT  NOT NULL CHECK (rank > 0),
    bytes    BIGINT  NOT NULL,
    added_at BIGINT  NOT NULL
);

-- A story names its writer by name and by content and not by reference: a model may be removed, its stories stay.
CREATE TABLE stories (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY, -- sorts by time of telling: by its bytes, as in SQLite
    sequence_id TEXT   NOT NULL REFERENCES sequences (id),
    task        TEXT   NOT NULL,
    prompt      TEXT   NOT NULL,
    content     TEXT   NOT NULL,
    tokens      TEXT   NOT NULL,             -- JSON: [1, 2, 3]
    model       TEXT   NOT NULL,
    model_hash  TEXT   NOT NULL,
    adapter     TEXT,
    sampling    TEXT   NOT NULL,             -- JSON, complete
    seed        TEXT   NOT NULL,             -- decimal: a BIGINT does not hold all of them
    finish      TEXT   NOT NULL,
    told_at     BIGINT NOT NULL,
    -- Columns and not JSON: they are compared and averaged, and decimals do not give every double back.
    first_token_ms DOUBLE PRECISION NOT NULL,
    vision_ms      DOUBLE PRECISION NOT NULL,
    prefill_ms     DOUBLE PRECISION NOT NULL,
    decode_ms      DOUBLE PRECISION NOT NULL,
    prompt_tokens  BIGINT NOT NULL,
    new_tokens     BIGINT NOT NULL
);
CREATE INDEX stories_by_sequence ON stories (sequence_id, id);
CREATE INDEX stories_by_writer ON stories (model_hash, adapter);

-- What was chosen while the program ran: the current model.
CREATE TABLE settings (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);
