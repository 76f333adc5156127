-- How little is known of which of a pair's systems is better, from 0 to 1: what to ask next, where a campaign asks for that.
ALTER TABLE pairs ADD COLUMN unsure DOUBLE PRECISION NOT NULL DEFAULT 0;

-- The probability with which a turn's pair was drawn from those that were free, and how many were; nothing where pairs are
-- given out in the order in which they were shuffled.
ALTER TABLE turns ADD COLUMN chance DOUBLE PRECISION CHECK (chance > 0 AND chance <= 1);
ALTER TABLE turns ADD COLUMN among BIGINT;
