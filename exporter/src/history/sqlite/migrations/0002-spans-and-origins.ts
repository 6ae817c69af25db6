/** Recoveries by when they lasted, and where their targets were at the beginning. */
export const spansAndOrigins = `
alter table incidents add column from_host text not null default '';
update incidents set from_host = coalesce((select host from attempts where incident_id = incidents.id order by ordinal limit 1), host);

drop index incidents_by_end;
create index incidents_by_span on incidents (closed_at_ms, opened_at_ms, id);
`;
