// How old a value may be before somebody should replace it. Pure.

/** What most rules about passwords and tokens say. */
export const OLD_DAYS = 90;

export function isOld(setAt: string, now: Date): boolean {
  return now.getTime() - new Date(setAt).getTime() > OLD_DAYS * 86_400_000;
}
