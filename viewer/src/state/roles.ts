/** Roles; each includes those before it (plantverse.platform.users). */
const ROLES = ["viewer", "operator", "engineer", "admin"];

/** Return whether `role` may do what needs `least`; an unknown role may nothing. */
export function mayDo(role: string, least: string): boolean {
  const has = ROLES.indexOf(role);
  return has >= 0 && has >= ROLES.indexOf(least);
}
