export const APP_ID = 'virtmedic-recovery-app';
export const DATASOURCE_ID = 'virtmedic-recovery-datasource';
export const PANEL_ID = 'virtmedic-recoveryhistory-panel';
