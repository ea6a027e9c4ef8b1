// A plan as the page gets it, with invented words, and nothing behind it.
export const PLAN = Object.freeze({
  token: "t",
  receipt_key: "5a".repeat(32),
  device: "9a1d7c34-52e0-4b8f-b6a1-7e3c2d1f0a99",
  next_seq: 1,
  key: {
    id: "0011223344556677",
    // The base point of P-256: a public point that every library takes.
    public: "BGsX0fLhLEJH-Lzm5WOkQPJ3A32BLeszoPShOUXYmMKWT-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU",
  },
  encounter: {
    id: "7c1f6a52-0d3e-4a9b-8f21-5b6c7d8e9f01",
    team: "north",
    appointment_type: "first",
    appointment_mode: "in_person",
    encounter_on: "2026-11-22",
    need_group_practitioner: null,
    need_group_young_person: null,
    age_band: null,
    people_present: ["parent", "young_person"],
    language: "en",
    interpreter: "none",
    study_code: null,
    practitioner: "5d1e0c9b7a684f32",
    code: "ABCD2345",
  },
  occasions: ["before", "after"],
  respondents: ["young_person", "parent_self"],
  instrument: {
    id: "made-up",
    version: "1",
    wording_sha256: "ab".repeat(32),
    language: "en",
    minimum_age_self_report: 12,
    items: [{ id: "one" }, { id: "two" }, { id: "three" }],
    forms: {
      young_person: { statement: "Now", statement_before: "Then", items: [] },
      parent_self: { statement: "Now", statement_before: null, items: [] },
    },
  },
  grid: { public_id: "k7", version: 1, sha256: "cd".repeat(32), picked: ["a", "b"] },
  idle: { private: 180, grid: 480 },
});

/** The plan with some of its encounter changed. */
export const planWith = (encounter, rest = {}) => ({
  ...PLAN,
  encounter: { ...PLAN.encounter, ...encounter },
  ...rest,
});
