// Who may do what with an app (reference §1.4).

import type { App, User } from '../../model/app.ts';

/** In falling order of power. */
export type Role = 'superuser' | 'owner' | 'collaborator' | 'stranger';

export function roleOf(
  user: Pick<User, 'username' | 'isSuperuser'>,
  app: Pick<App, 'owner'>,
  isCollaborator: boolean,
): Role {
  if (user.isSuperuser) return 'superuser';
  if (app.owner === user.username) return 'owner';
  return isCollaborator ? 'collaborator' : 'stranger';
}

/** Collaborators may do everything but DELETE, on the app and on all that belongs to it. */
export function mayUse(role: Role, method: string): boolean {
  if (role === 'stranger') return false;
  return role !== 'collaborator' || method !== 'DELETE';
}

/** Sharing an app and giving it away. */
export function mayManage(role: Role): boolean {
  return role === 'superuser' || role === 'owner';
}
