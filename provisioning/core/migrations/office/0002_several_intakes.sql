-- Which intakes offer an alert, and whether each knows of the acknowledgement. An intake offers the
-- day's alerts anew to an office that starts, so nothing needs to be carried over.
CREATE TABLE alert_offer (
    intake TEXT    NOT NULL, -- as the configuration names it
    alert  BLOB    NOT NULL, -- its id
    told   INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (intake, alert)
) STRICT;

CREATE INDEX alert_offer_untold ON alert_offer (intake) WHERE told = 0;
DROP INDEX alert_untold;
ALTER TABLE alert DROP COLUMN told;

-- Whether an application may be called, or came late and waits for reconciliation (照合待ち).
ALTER TABLE application ADD COLUMN state TEXT NOT NULL DEFAULT 'queued'
    CHECK (state IN ('queued', 'awaiting_reconciliation'));

-- An application that was opened once is known by its parts for ever, also after its content was
-- erased: this finds them by its id alone.
CREATE INDEX part_of_application ON part (application) WHERE envelope IS NULL;
