-- Something to write into.
CREATE TABLE probe.notes (
    id uuid PRIMARY KEY,
    word text NOT NULL CONSTRAINT notes_word_once UNIQUE,
    weight integer NOT NULL CONSTRAINT notes_weight_positive CHECK (weight > 0),
    source_seq bigint
);
