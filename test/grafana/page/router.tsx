/** React Router over Grafana's location service, so that links and partial changes of the query move the page as in Grafana. */
import { locationService } from '@grafana/runtime';
import { useEffect, useState } from 'react';
import type { ReactNode } from 'react';
import { Router } from 'react-router-dom';
import type { Navigator } from 'react-router-dom';

export function LocationRouter({ children }: { children: ReactNode }) {
  const history = locationService.getHistory();
  const [location, setLocation] = useState(history.location);
  useEffect(() => history.listen((next: typeof location) => setLocation(next)), [history]);
  return <Router location={location as never} navigator={history as unknown as Navigator}>{children}</Router>;
}
