// Which user names and mail addresses are accepted (reference §0.1, §1.5).

export function usernameProblem(username: string): string | undefined {
  if (username.length > 30) return 'Ensure this field has no more than 30 characters.';
  return /^[\w.@+-]+$/.test(username) ? undefined : 'Enter a valid username.';
}

export function emailProblem(email: string): string | undefined {
  if (email === '') return undefined;
  return email.length <= 254 && /^[^\s@"<>]+@[^\s@"<>]+$/.test(email)
    ? undefined
    : 'Enter a valid email address.';
}

/** A password of any length would let anybody keep the hash function busy. */
export function passwordProblem(password: string): string | undefined {
  return password.length > 1024 ? 'Ensure this field has no more than 1024 characters.' : undefined;
}
