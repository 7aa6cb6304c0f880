// Reason phrases in upper case, as Django 1.6 wrote them: the Go client prints the status line and its tests look for it.

import { STATUS_CODES } from 'node:http';

/** `404` → `NOT FOUND`. */
export function reasonPhrase(status: number): string {
  return (STATUS_CODES[status] ?? 'Unknown').toUpperCase();
}
