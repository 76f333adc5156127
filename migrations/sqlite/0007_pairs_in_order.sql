-- Pairs are given out in this order; an index that has it lets the first one that is free be found without sorting all.
DROP INDEX pairs_to_give;
CREATE INDEX pairs_to_give ON pairs (campaign_id, kind, votes DESC, shuffle);
