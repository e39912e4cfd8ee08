import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { AppError, httpStatusOf } from '../errors.js';
import { redactText } from '../redact.js';
import { databaseError } from '../store/database.js';
import type { ErrorBody } from './schemas/common.js';

/** Turns whatever was thrown into our one shape. What is our own mistake is logged and not shown. */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known = toAppError(error);
  const status = httpStatusOf(known.code);
  if (status >= 500)
    request.log.error({ err: error, requestId: request.id, route: request.routeOptions.url }, known.message);
  if (known.retryAfterMs !== undefined) reply.header('retry-after', String(Math.ceil(known.retryAfterMs / 1000)));
  const body: ErrorBody = {
    code: known.code,
    message: redactText(known.message),
    next: known.next,
    requestId: request.id,
  };
  return reply.code(status).header('content-type', 'application/json; charset=utf-8').send(JSON.stringify(body));
}

/** An error as one of ours; AppError `internal` without a word of what it was for what is none of the caller's business. */
function toAppError(thrown: unknown): AppError {
  const error = databaseError(thrown);
  if (error instanceof AppError) return error;
  if (hasZodFastifySchemaValidationErrors(error))
    return new AppError('usage', { detail: error.validation.map((issue) => describeIssue(issue)).join('; ') });
  const { statusCode, code } = (error ?? {}) as Partial<FastifyError>;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE' || statusCode === 413) return new AppError('too_large', { cause: error });
  // Fastify's own complaints about a request: a body that is no JSON, a type it does not take.
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return new AppError('usage', { detail: error instanceof Error ? error.message : 'the request', cause: error });
  return new AppError('internal', { cause: error });
}

function describeIssue(issue: { readonly instancePath?: string; readonly message?: string }): string {
  const where = (issue.instancePath ?? '').replace(/^\//, '').replaceAll('/', '.');
  return `${where === '' ? 'the request' : where} ${issue.message ?? 'is not valid'}`;
}
