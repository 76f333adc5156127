-- Ratings will point at stories: what was rated must stay what was read. The wording of triggers is PostgreSQL's own.
CREATE FUNCTION stories_never_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a story never changes';
END
$$;
CREATE TRIGGER stories_never_change BEFORE UPDATE ON stories FOR EACH ROW EXECUTE FUNCTION stories_never_change();
