// When a certificate of an agent begins to hold, seen from both ends: the enrolment CA that writes it and the gateway that reads it.

/** The clocks of the agents may be behind: a certificate holds from this long before it was issued. */
export const BACKDATE_MS = 5 * 60_000;
