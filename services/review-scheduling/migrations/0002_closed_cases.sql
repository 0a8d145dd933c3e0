-- Closed cases do not stay in the pool for ever: they are drawn by lot for a while longer, and then they leave
-- (src/pool/leaving.rs).

-- The IST day on which it was closed. Null: it is not closed, or nobody wrote the day down; then the day on which that
-- is noticed counts.
ALTER TABLE review.pool ADD COLUMN closed_day date;
-- What the task walks. Handling state 6: disposed.
CREATE INDEX pool_closed ON review.pool (closed_day) WHERE handling_state = 6 AND hidden_from = '';
-- Of those what still stands on an open docket stays. Item state 1: listed.
CREATE INDEX items_listed ON review.items (complaint) WHERE state = 1;
