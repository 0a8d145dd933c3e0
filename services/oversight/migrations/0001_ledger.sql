-- What oversight keeps of the journals it follows: sums by day, never a complaint, a call or a person.

-- Which desks are open.
CREATE TABLE oversight.desks (
    station text PRIMARY KEY,
    opened_on date NOT NULL
);

-- What happened on a day, added up. One line holds all that was counted alike.
CREATE TABLE oversight.ledger (
    -- 1: where it happened (station, district's queue); 2: by district, for statements of districts and above, which
    -- would otherwise add up twenty times as many lines.
    grain smallint NOT NULL CHECK (grain IN (1, 2)),
    -- Number of mahila.oversight.v1.Measure.
    measure smallint NOT NULL,
    -- The IST day of what is counted.
    day date NOT NULL,
    -- Station, district, or empty where neither is known.
    unit text NOT NULL,
    -- Number of mahila.oversight.v1.Breakdown; 0: the whole.
    breakdown smallint NOT NULL,
    -- With a breakdown: number of the value.
    key smallint NOT NULL,
    -- A second day that decides whether a period counts the line: of a complaint the day it was registered, of a caller
    -- the day on which she called before; otherwise `day`.
    cohort date NOT NULL,
    -- May be negative: what moves away from here.
    n bigint NOT NULL,
    PRIMARY KEY (grain, measure, day, unit, breakdown, key, cohort)
);
