-- Ratings will point at stories: what was rated must stay what was read. The wording of triggers is SQLite's own.
CREATE TRIGGER stories_never_change BEFORE UPDATE ON stories
BEGIN
    SELECT RAISE(ABORT, 'a story never changes');
END;
