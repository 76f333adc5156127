-- A campaign may begin before its stories are told: they stand in their pairs as "awaited", and are told when somebody comes to them.
-- That one change a story is allowed, once; the wording of triggers is SQLite's own.
DROP TRIGGER stories_never_change;
CREATE TRIGGER stories_never_change BEFORE UPDATE ON stories
WHEN OLD.finish <> 'awaited' OR NEW.finish = 'awaited' OR NEW.id <> OLD.id OR NEW.sequence_id <> OLD.sequence_id
BEGIN
    SELECT RAISE(ABORT, 'a story never changes');
END;

-- How such a story is to be told; it is not needed any more once the story is.
CREATE TABLE awaited_stories (
    story_id TEXT   NOT NULL PRIMARY KEY REFERENCES stories (id),
    model    TEXT   NOT NULL,              -- its name
    place    BIGINT NOT NULL,              -- of its system in the campaign
    sampling TEXT   NOT NULL               -- what was asked for, with its seed, JSON: a patch over what the model asks for
);
