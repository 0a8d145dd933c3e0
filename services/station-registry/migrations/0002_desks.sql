-- The women's help desk of a station.
CREATE TABLE registry.desks (
    station text PRIMARY KEY REFERENCES registry.stations (id),
    opened_on date NOT NULL,
    opens_minute integer NOT NULL CHECK (opens_minute >= 0),
    closes_minute integer NOT NULL CHECK (closes_minute > opens_minute AND closes_minute <= 1440),
    min_women integer NOT NULL CHECK (min_women >= 2),
    -- Bit n - 1 stands for facility n of the contract.
    facilities integer NOT NULL,
    -- Moved by every change: the etag.
    version bigint NOT NULL,
    -- Every day up to this one has its row in `desk_days`; the day before `opened_on`: none has yet.
    accounted_to date NOT NULL
);
