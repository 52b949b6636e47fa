/** The parts of a user's profile that names are made of. */
interface Named {
  username: string;
  nickname: string;
}

/** What a user is called. */
export function nameOf({ nickname, username }: Named): string {
  return nickname || username;
}
