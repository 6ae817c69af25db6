/** Values of enumerations are not constrained here: later versions add to them, and every row is validated when it is read. */
export const initial = `
create table domains (
  uuid text primary key,
  name text not null,
  host text not null,
  desired text not null,
  desired_source text not null,
  first_seen_ms integer not null,
  last_seen_ms integer not null,
  last_notification text,
  undefined_at_ms integer
) strict;

create table definitions (
  uuid text primary key,
  host text not null,
  xml text not null,
  saved_at_ms integer not null
) strict;

create table incidents (
  id text primary key,
  target_key text not null,
  target_kind text not null,
  host text not null,
  domain_uuid text,
  domain_name text,
  fault text not null,
  state text not null,
  fault_at_ms integer not null,
  opened_at_ms integer not null,
  released_at_ms integer,
  released_by text,
  hold text,
  closed_at_ms integer,
  outcome text,
  outcome_reason text,
  outcome_text text,
  acknowledged_by text,
  acknowledged_at_ms integer,
  owner text,
  generation integer not null default 0,
  evidence_left_out integer not null default 0
) strict;
create unique index incidents_one_open on incidents (target_key) where closed_at_ms is null;
create index incidents_by_target on incidents (target_key);
create index incidents_by_time on incidents (opened_at_ms, id);
create index incidents_by_host on incidents (host, opened_at_ms, id);
create index incidents_by_uuid on incidents (domain_uuid, opened_at_ms, id);
create index incidents_by_name on incidents (domain_name, opened_at_ms, id);
create index incidents_by_fault on incidents (fault, opened_at_ms, id);
create index incidents_by_outcome on incidents (outcome, opened_at_ms, id);
create index incidents_by_end on incidents (closed_at_ms) where closed_at_ms is not null;

create table evidence (
  incident_id text not null references incidents (id) on delete cascade,
  ordinal integer not null,
  at_ms integer not null,
  source text not null,
  text text not null,
  primary key (incident_id, ordinal)
) strict, without rowid;

create table incident_alerts (
  incident_id text not null references incidents (id) on delete cascade,
  fingerprint text not null,
  starts_at_ms integer not null,
  name text not null,
  primary key (incident_id, fingerprint, starts_at_ms)
) strict, without rowid;

create table decisions (
  id integer primary key,
  incident_id text not null references incidents (id) on delete cascade,
  at_ms integer not null,
  kind text not null,
  reason text not null,
  why text not null
) strict;
create index decisions_by_incident on decisions (incident_id, id);

create table attempts (
  id text primary key,
  incident_id text not null references incidents (id) on delete cascade,
  ordinal integer not null,
  action text not null,
  host text not null,
  state text not null,
  planned_at_ms integer not null,
  executing_at_ms integer,
  verifying_at_ms integer,
  ended_at_ms integer,
  result text,
  error text,
  actor text not null,
  unique (incident_id, ordinal)
) strict;
create unique index attempts_one_unfinished on attempts (incident_id) where state <> 'ended';
create index attempts_unfinished on attempts (planned_at_ms, id) where state <> 'ended';

create table steps (
  attempt_id text not null references attempts (id) on delete cascade,
  ordinal integer not null,
  name text not null,
  state text not null,
  started_at_ms integer not null,
  ended_at_ms integer,
  detail text,
  primary key (attempt_id, ordinal)
) strict, without rowid;

create table locks (
  domain_uuid text primary key,
  owner text not null,
  generation integer not null default 0,
  operation text not null,
  taken_at_ms integer not null
) strict;

create table alerts (
  fingerprint text not null,
  starts_at_ms integer not null,
  name text not null,
  first_received_at_ms integer not null,
  last_received_at_ms integer not null,
  incident_id text references incidents (id) on delete set null,
  primary key (fingerprint, starts_at_ms)
) strict, without rowid;
create index alerts_by_incident on alerts (incident_id) where incident_id is not null;
create index alerts_by_receipt on alerts (last_received_at_ms);

create table maintenance (
  id text primary key,
  scope_kind text not null,
  scope_host text,
  scope_uuid text,
  from_ms integer not null,
  until_ms integer not null,
  reason text not null,
  created_by text not null
) strict;
create index maintenance_by_end on maintenance (until_ms);

create table settings (
  key text primary key,
  value text not null
) strict;

create table audit (
  id integer primary key,
  at_ms integer not null,
  actor text not null,
  action text not null,
  target text not null,
  detail text not null
) strict;
create index audit_by_time on audit (at_ms);
`;
