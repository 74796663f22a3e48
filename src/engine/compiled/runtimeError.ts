/** @file What ONNX Runtime throws, by what it means for whoever waits: memory that is not there, a device that is gone, or neither. */
import { AppError } from "#contracts/errors.ts";

const OUT_OF_MEMORY = /bad_?alloc|out of memory|failed to allocate|could not allocate|out_of_memory/i;
/** WebGPU says "device lost", Vulkan VK_ERROR_DEVICE_LOST, Direct3D DXGI_ERROR_DEVICE_REMOVED or _HUNG or _RESET. */
const DEVICE_LOST = /\bdevice\b.{0,40}\blost\b|lost[ _]device|DEVICE_(LOST|REMOVED|HUNG|RESET)/i;

/** ONNX Runtime gives a text and no code. */
export function runtimeError(cause: unknown): AppError {
  const detail = String(cause);
  // first: a device that is lost cannot allocate either
  if (DEVICE_LOST.test(detail)) return new AppError("E_DEVICE_LOST", { detail }, { cause });
  if (OUT_OF_MEMORY.test(detail)) return new AppError("E_OUT_OF_MEMORY", { detail }, { cause });
  return new AppError("E_ENGINE", { detail }, { cause });
}
