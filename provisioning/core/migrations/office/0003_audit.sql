-- Who did what and why. Rows are added and never changed: each hash covers its row and the hash before,
-- so that a changed byte or a missing row shows from there on. AUTOINCREMENT remembers the highest number
-- ever given, so that an end that was cut off shows as well. What stands in `opening` is taken over when
-- the office starts; nothing is written there any more.
CREATE TABLE audit (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    entry  TEXT NOT NULL, -- JSON, to the byte as it was hashed; nothing in it is entered by a visitor
    hash   BLOB NOT NULL  -- SHA-256
) STRICT;

-- How far the record was, once a business day, signed by the office.
CREATE TABLE audit_anchor (
    business_day TEXT    PRIMARY KEY,
    number       INTEGER NOT NULL,
    hash         BLOB    NOT NULL,
    signed_at    TEXT    NOT NULL,
    certificate  BLOB    NOT NULL, -- the office's, DER
    signature    BLOB    NOT NULL  -- ECDSA P-256 with SHA-256, DER
) STRICT;
