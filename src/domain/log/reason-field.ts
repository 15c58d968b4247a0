const REASON =
  /(?:^|[._-])(?:err(?:or)?s?|exception|cause|reason|detail|desc(?:ription)?|failure)(?:$|[._-])/i;

/** An id of the error is no reason. */
const ID = /[._-](?:id|ids|uuid|guid|ref|hash)$/i;

/** Whether a field of a structured line says by its name why something failed: `error`, `err.message`, `failure_reason`. */
export const isReasonField = (name: string): boolean => REASON.test(name) && !ID.test(name);
