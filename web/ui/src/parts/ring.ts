/** Circumference of the countdown ring: a circle of radius 19. */
export const RING_LENGTH = 119.4

/** How much of the ring is gone, as an offset of its dash: 0 when it begins, its length at the deadline. */
export function ringOffset(start: number, deadline: number, now: number): number {
  const share = (now - start) / Math.max(1, deadline - start)
  return Math.round(Math.min(1, Math.max(0, share)) * RING_LENGTH * 10) / 10
}
