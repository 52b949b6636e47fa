/** External ids of people who have an account here, or an id of the team's own, already. */
export class People {
  readonly #byOrigin: ReadonlyMap<string, string>;
  readonly #byEmail: ReadonlyMap<string, string>;

  /**
   * @param given external ids by the origin's id, or by e-mail: `--people`
   * @param known external ids of users of the deployment by e-mail: `--match-email`
   */
  constructor(
    given: ReadonlyMap<string, string> = new Map(),
    known: ReadonlyMap<string, string> = new Map(),
  ) {
    this.#byOrigin = given;
    this.#byEmail = known;
  }

  /** The external id that a person has, if the operator or the deployment names one. */
  find(originId: string, email: string | null | undefined): { id: string; isKnown: boolean } | undefined {
    const address = email?.trim().toLowerCase() ?? "";
    const given = this.#byOrigin.get(originId) ?? (address ? this.#byOrigin.get(address) : undefined);
    if (given !== undefined) return { id: given, isKnown: false };
    const known = address ? this.#byEmail.get(address) : undefined;
    return known === undefined ? undefined : { id: known, isKnown: true };
  }
}
