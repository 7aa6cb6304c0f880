// Dates as Deis v1 wrote them: `2014-01-01T00:00:00UTC`, no fraction and a literal UTC (Go layout 2006-01-02T15:04:05MST).

/** From ISO 8601 text in UTC; a text that is no date is given back as it is. */
export function wireDate(iso: string): string {
  const time = Date.parse(iso);
  return Number.isNaN(time) ? iso : `${new Date(time).toISOString().slice(0, 19)}UTC`;
}

/** User dates only: ISO 8601 with microseconds and Z. */
export function wireUserDate(iso: string | null): string | null {
  if (iso === null) return null;
  const time = Date.parse(iso);
  return Number.isNaN(time) ? iso : new Date(time).toISOString().replace('Z', '000Z');
}
