/** The surfaces. */
export const surfaces = ['http', 'mcp', 'slack', 'stdio', 'cli', 'console'] as const;
export type Surface = (typeof surfaces)[number];

/** What another caller does with a confirmation. */
export const confirmationSteps = ['show', 'approve', 'decline'] as const;
export type ConfirmationStep = (typeof confirmationSteps)[number];

/** What a caller does with an operation. */
export const operationSteps = ['create', 'upload', 'start', 'pause', 'resume', 'delete', 'read'] as const;
export type OperationStep = (typeof operationSteps)[number];

/** What is done with the store. */
export const storeSteps = ['restore'] as const;
