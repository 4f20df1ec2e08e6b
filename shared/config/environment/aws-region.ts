import type { Environment } from '../environment-reader.ts';

/** The AWS region and endpoint, from the variables that Lambda sets and every AWS SDK reads. */
export function awsRegion(environment: Environment = process.env): { region: string; endpoint?: string } {
  const { AWS_REGION: region = 'us-east-1', AWS_ENDPOINT_URL_DYNAMODB: endpoint } = environment;
  return { region, ...(endpoint === undefined ? {} : { endpoint }) };
}
