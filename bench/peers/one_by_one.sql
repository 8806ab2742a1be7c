-- One pool entry paid by the wallet, as one transaction of prepared statements: the reads and the
-- rows of the product, the digests given away.  Nobody decides anything here.
\set number :first + :turn * :clients + :client_id
\set turn :turn + 1
\set row :number / 8
\set place :number % 8
\set who (:row % 4500 + :place * 562) % 4500
\set day :row / 4500
\set seq :first_seq + :number
\set medium :first_medium + :who
\set point :first_point + :place
BEGIN;
SELECT number AS revision FROM catalog_revision WHERE id = 1;
SELECT max(closed_on) AS closed_on FROM ledger_closing;
SELECT nextval('plumbing_batch_id_seq') AS batch \gset
SELECT r.ref, st.state, m.kind, coalesce(ip.holder, io.holder) AS holder,
    coalesce(hh.wallet_id, o.wallet_id) AS wallet,
    coalesce(hh.receivable_id, o.receivable_id) AS owes, o.id AS company,
    p.born_on, cm.commune_id, cc.anchor_on, cc.household_a_id, cc.household_b_id, ce.household_id
FROM (SELECT 'POOL'::text AS sector, w.day, w.day::timestamp AT TIME ZONE 'UTC' AS at
    FROM (SELECT date '2025-05-31' + :day::int AS day) AS w) AS w
JOIN cards_sectorref AS r ON r.sector = w.sector AND r.medium_id = :medium::bigint
JOIN cards_medium AS m ON m.id = r.medium_id
LEFT JOIN LATERAL (SELECT state FROM cards_mediumstate AS s
    WHERE s.medium_id = m.id AND s.at <= w.at ORDER BY s.at DESC, s.id DESC LIMIT 1) AS st ON true
LEFT JOIN LATERAL (SELECT person_id, organisation_id, held_until FROM cards_holding AS t
    WHERE t.medium_id = m.id AND t.held_from <= w.at ORDER BY t.held_from DESC LIMIT 1) AS h
    ON h.held_until IS NULL OR w.at < h.held_until
LEFT JOIN people_sectoridentifier AS ip ON ip.person_id = h.person_id AND ip.sector = w.sector
LEFT JOIN people_sectoridentifier AS io
    ON io.organisation_id = h.organisation_id AND io.sector = w.sector
LEFT JOIN people_person AS p ON p.id = h.person_id
LEFT JOIN people_organisation AS o ON o.id = h.organisation_id
LEFT JOIN LATERAL (SELECT household_id, valid_until FROM people_householdmember AS t
    WHERE t.person_id = h.person_id AND t.is_main AND t.valid_from <= w.day
    ORDER BY t.valid_from DESC LIMIT 1) AS hm ON hm.valid_until IS NULL OR w.day < hm.valid_until
LEFT JOIN people_household AS hh ON hh.id = hm.household_id
LEFT JOIN LATERAL (SELECT commune_id, valid_until FROM people_residence AS t
    WHERE t.household_id = hh.id AND t.valid_from <= w.day
    ORDER BY t.valid_from DESC LIMIT 1) AS re ON re.valid_until IS NULL OR w.day < re.valid_until
LEFT JOIN catalog_communemembership AS cm ON cm.commune_id = re.commune_id
    AND cm.valid_from <= w.day AND (cm.valid_until IS NULL OR w.day < cm.valid_until)
LEFT JOIN people_custodycalendar AS cc ON cc.child_id = h.person_id
    AND cc.valid_from <= w.day AND (cc.valid_until IS NULL OR w.day < cc.valid_until)
LEFT JOIN people_custodyexception AS ce ON ce.calendar_id = cc.id AND ce.day = w.day \gset
SELECT held.id, product.code, product.kind, product.service_id, product.zone, held.account_id,
    product.time_lock_minutes
FROM rights_right AS held JOIN rights_product AS product ON product.id = held.product_id
WHERE held.holder = :holder::uuid AND held.valid_from <= date '2025-05-31' + :day::int
    AND (held.valid_until IS NULL OR date '2025-05-31' + :day::int < held.valid_until)
ORDER BY held.valid_until NULLS LAST, held.id;
SELECT id, code, unit, balance, held, floor, spill_id FROM ledger_account
WHERE id IN (:wallet::bigint, :owes::bigint) AND balance IS NOT NULL
ORDER BY id FOR NO KEY UPDATE;
SELECT t.digest, t.said, t.why, t.means, t.until_at, t.objection, NULL AS reason
FROM taps_tapevent AS t WHERE t.device = :place::int + 1 AND t.seq = :seq::bigint
UNION ALL
SELECT p.digest, 0, NULL, 'FREE', NULL, NULL, p.reason
FROM taps_parked AS p WHERE p.device = :place::int + 1 AND p.seq = :seq::bigint;
SELECT max(id) FILTER (WHERE code LIKE 'REVENUE%') AS revenue,
    max(id) FILTER (WHERE code LIKE 'ACCRUED%') AS accrued
FROM ledger_account WHERE balance IS NULL AND
    code IN (:paid::text, :accrues::text) \gset
SELECT device, seq, at, direction, means, account, counted, passed, entry FROM pool_stay
WHERE holder = :holder::uuid AND day = date '2025-05-31' + :day::int
    AND zone = 'ZONE-' || (:place::int + 1);
SELECT inside FROM pool_zonecount
WHERE zone = 'ZONE-' || (:place::int + 1) AND day = date '2025-05-31' + :day::int
FOR NO KEY UPDATE;
INSERT INTO taps_tapevent (device, seq, at, what, point, direction, ref, holder, said, why, by,
    means, objection, of, until_at, policy, digest, batch)
VALUES (:place::int + 1, :seq::bigint, (date '2025-05-31' + :day::int)::timestamptz, 'TAP',
    :point::int, 'IN', :ref::bytea, :holder::uuid, 1, NULL, 'DOOR', 'WALLET', NULL, NULL, NULL, 0,
    '\x00112233445566778899aabbccddeeff'::bytea, :batch::bigint);
INSERT INTO ledger_entry (id, key, occurred_at, booked_on, recorded_at, digest)
VALUES (:batch::bigint * 4096, 'tap:' || (:place::int + 1) || ':' || :seq::bigint,
    (date '2025-05-31' + :day::int)::timestamptz, date '2025-05-31' + :day::int,
    date '2025-06-27'::timestamptz, '\x00112233445566778899aabbccddeeff'::bytea);
INSERT INTO ledger_transfer (entry_id, line, debit_id, credit_id, amount)
VALUES (:batch::bigint * 4096, 0, :wallet::bigint, :revenue::bigint, 450);
UPDATE ledger_account SET balance = balance - 450 WHERE id = :wallet::bigint;
INSERT INTO billing_charge (entry_id, payer_id, holder, service_id, tariff_id, occurred_on,
    inputs, lines, sentence, cents, owed_cents, revenue_id, accrued_id, reverses_id)
VALUES (:batch::bigint * 4096, :wallet::bigint, :holder::uuid, :service::bigint, :tariff::bigint,
    date '2025-05-31' + :day::int, '{"age": 39, "resident": true}', '[["plein tarif", 450]]',
    'Entrée piscine, plein tarif : 4,50 €', 450, 0, :revenue::bigint, :accrued::bigint, NULL);
INSERT INTO pool_stay (device, seq, holder, at, day, means, account, counted, passed, entry,
    zone, direction)
VALUES (:place::int + 1, :seq::bigint, :holder::uuid,
    (date '2025-05-31' + :day::int)::timestamptz, date '2025-05-31' + :day::int, 'WALLET',
    :wallet::bigint, true, true, :batch::bigint * 4096, 'ZONE-' || (:place::int + 1), 'IN');
INSERT INTO pool_zonecount (zone, day, inside)
VALUES ('ZONE-' || (:place::int + 1), date '2025-05-31' + :day::int, 1)
ON CONFLICT (zone, day) DO UPDATE SET inside = pool_zonecount.inside + excluded.inside;
INSERT INTO plumbing_batch (id, recorded_at, taps, entries, taps_digest, taps_marks, books_digest,
    books_marks)
VALUES (:batch::bigint, date '2025-06-27'::timestamptz, 1, 1,
    '\x00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff'::bytea, '\x00112233',
    '\x00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff'::bytea, '\x00112233');
INSERT INTO plumbing_unsealed (batch) VALUES (:batch::bigint);
COMMIT;
