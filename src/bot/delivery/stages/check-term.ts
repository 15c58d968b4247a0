import { AppError } from '../../../domain/errors.ts';
import type { Term } from '../attempt.ts';
import type { DeliveryContext } from '../context.ts';

/** The last look before the platform is called. @throws AppError `stopped` when another process sends now */
export function checkTerm({ id }: Term, { lease }: Pick<DeliveryContext, 'lease'>): void {
  if (!lease.holds(id)) throw new AppError('stopped', 'another process sends');
}
