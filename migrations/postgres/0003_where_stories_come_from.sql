-- What is needed beside the sampling to tell a story again exactly, and which story it is another version of. JSON, read whole.
ALTER TABLE stories ADD COLUMN origin TEXT NOT NULL DEFAULT '{}';
