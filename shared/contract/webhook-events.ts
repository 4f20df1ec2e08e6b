/** The kinds of events. */
export const webhookEventTypes = ['operation.finished', 'job.came_back', 'confirmation.requested'] as const;
