/** Incidents of apps: of the domain that their columns name, the app within it. */
export const apps = `
alter table incidents add column app text;
create index incidents_by_app on incidents (app, opened_at_ms, id) where app is not null;
`;
