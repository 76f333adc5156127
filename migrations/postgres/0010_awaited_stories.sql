-- A campaign may begin before its stories are told: they stand in their pairs as "awaited", and are told when somebody comes to them.
-- That one change a story is allowed, once; the wording of triggers is PostgreSQL's own.
DROP TRIGGER stories_never_change ON stories;
CREATE TRIGGER stories_never_change BEFORE UPDATE ON stories FOR EACH ROW
WHEN (OLD.finish <> 'awaited' OR NEW.finish = 'awaited' OR NEW.id <> OLD.id OR NEW.sequence_id <> OLD.sequence_id)
EXECUTE FUNCTION stories_never_change();

-- How such a story is to be told; it is not needed any more once the story is.
CREATE TABLE awaited_stories (
    story_id TEXT   NOT NULL PRIMARY KEY REFERENCES stories (id),
    model    TEXT   NOT NULL,              -- its name
    place    BIGINT NOT NULL,              -- of its system in the campaign
    sampling TEXT   NOT NULL               -- what was asked for, with its seed, JSON: a patch over what the model asks for
);
