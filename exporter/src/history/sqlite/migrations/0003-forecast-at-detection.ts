/** What was forecast of its target when an incident was opened, as JSON. Null in incidents from before. */
export const forecastAtDetection = `
alter table incidents add column forecast text;
`;
