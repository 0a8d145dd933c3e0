-- One officer, one shift, one desk. `officer` is a personnel token.
CREATE TABLE registry.duties (
    station text NOT NULL REFERENCES registry.desks (station),
    day date NOT NULL,
    officer text NOT NULL,
    start_minute integer NOT NULL CHECK (start_minute >= 0),
    end_minute integer NOT NULL CHECK (end_minute > start_minute AND end_minute <= 1440),
    PRIMARY KEY (station, day, officer, start_minute)
);

-- She was there. Kept apart from the roster: a roster that is replaced does not undo that she came.
CREATE TABLE registry.check_ins (
    station text NOT NULL REFERENCES registry.desks (station),
    -- Day and start of the duty.
    day date NOT NULL,
    officer text NOT NULL,
    start_minute integer NOT NULL,
    from_at timestamptz NOT NULL,
    until_at timestamptz NOT NULL,
    method smallint NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (station, day, officer, start_minute)
);
