// Tells ThreadSanitizer what Debian's Abseil, which was built without it, does:
// which thread waited for which. Linked into everything by the preset `tsan`,
// with the linker's --wrap for each function below.
//
// Abseil evaluates the conditions of waiting threads while it holds their lock,
// also in the thread that unlocks: such reads are right, but TSan could not
// know why, so they are not looked at.

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

extern "C" {

// TSan's runtime; no header declares them.
void __tsan_acquire(void* address);
void __tsan_release(void* address);
void AnnotateIgnoreReadsBegin(const char* file, int line);
void AnnotateIgnoreReadsEnd(const char* file, int line);

}  // extern "C"

namespace {

class ConditionsAreRight {
 public:
  ConditionsAreRight() { AnnotateIgnoreReadsBegin(__FILE__, __LINE__); }
  ~ConditionsAreRight() { AnnotateIgnoreReadsEnd(__FILE__, __LINE__); }
  ConditionsAreRight(const ConditionsAreRight&) = delete;
  ConditionsAreRight& operator=(const ConditionsAreRight&) = delete;
};

// HasBeenNotified sees only the flag, which stands behind the mutex.
void* FlagOf(const void* notification) {
  return static_cast<char*>(const_cast<void*>(notification)) +
         sizeof(absl::Mutex);
}

}  // namespace

#define SEGRID_LOCK(name)                  \
  void __real_##name(absl::Mutex* mutex);  \
  void __wrap_##name(absl::Mutex* mutex) { \
    __real_##name(mutex);                  \
    __tsan_acquire(mutex);                 \
  }

#define SEGRID_UNLOCK(name)                \
  void __real_##name(absl::Mutex* mutex);  \
  void __wrap_##name(absl::Mutex* mutex) { \
    __tsan_release(mutex);                 \
    const ConditionsAreRight ignore;       \
    __real_##name(mutex);                  \
  }

extern "C" {

SEGRID_LOCK(_ZN4absl7debian35Mutex4LockEv)
SEGRID_LOCK(_ZN4absl7debian35Mutex10ReaderLockEv)
SEGRID_UNLOCK(_ZN4absl7debian35Mutex6UnlockEv)
SEGRID_UNLOCK(_ZN4absl7debian35Mutex12ReaderUnlockEv)

void __real__ZN4absl7debian35Mutex5AwaitERKNS0_9ConditionE(
    absl::Mutex* mutex, const absl::Condition& condition);
void __wrap__ZN4absl7debian35Mutex5AwaitERKNS0_9ConditionE(
    absl::Mutex* mutex, const absl::Condition& condition) {
  __tsan_release(mutex);
  {
    const ConditionsAreRight ignore;
    __real__ZN4absl7debian35Mutex5AwaitERKNS0_9ConditionE(mutex, condition);
  }
  __tsan_acquire(mutex);
}

void __real__ZN4absl7debian35Mutex8LockWhenERKNS0_9ConditionE(
    absl::Mutex* mutex, const absl::Condition& condition);
void __wrap__ZN4absl7debian35Mutex8LockWhenERKNS0_9ConditionE(
    absl::Mutex* mutex, const absl::Condition& condition) {
  {
    const ConditionsAreRight ignore;
    __real__ZN4absl7debian35Mutex8LockWhenERKNS0_9ConditionE(mutex, condition);
  }
  __tsan_acquire(mutex);
}

bool __real__ZN4absl7debian35Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE(
    absl::Mutex* mutex, const absl::Condition& condition,
    absl::Duration timeout);
bool __wrap__ZN4absl7debian35Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE(
    absl::Mutex* mutex, const absl::Condition& condition,
    absl::Duration timeout) {
  __tsan_release(mutex);
  bool holds = false;
  {
    const ConditionsAreRight ignore;
    holds =
        __real__ZN4absl7debian35Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE(
            mutex, condition, timeout);
  }
  __tsan_acquire(mutex);
  return holds;
}

bool __real__ZN4absl7debian35Mutex17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE(
    absl::Mutex* mutex, const absl::Condition& condition, absl::Time deadline);
bool __wrap__ZN4absl7debian35Mutex17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE(
    absl::Mutex* mutex, const absl::Condition& condition, absl::Time deadline) {
  __tsan_release(mutex);
  bool holds = false;
  {
    const ConditionsAreRight ignore;
    holds =
        __real__ZN4absl7debian35Mutex17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE(
            mutex, condition, deadline);
  }
  __tsan_acquire(mutex);
  return holds;
}

void __real__ZN4absl7debian312Notification6NotifyEv(
    absl::Notification* notification);
void __wrap__ZN4absl7debian312Notification6NotifyEv(
    absl::Notification* notification) {
  __tsan_release(FlagOf(notification));
  __real__ZN4absl7debian312Notification6NotifyEv(notification);
}

void __real__ZNK4absl7debian312Notification19WaitForNotificationEv(
    const absl::Notification* notification);
void __wrap__ZNK4absl7debian312Notification19WaitForNotificationEv(
    const absl::Notification* notification) {
  __real__ZNK4absl7debian312Notification19WaitForNotificationEv(notification);
  __tsan_acquire(FlagOf(notification));
}

bool __real__ZNK4absl7debian312Notification30WaitForNotificationWithTimeoutENS0_8DurationE(
    const absl::Notification* notification, absl::Duration timeout);
bool __wrap__ZNK4absl7debian312Notification30WaitForNotificationWithTimeoutENS0_8DurationE(
    const absl::Notification* notification, absl::Duration timeout) {
  const bool notified =
      __real__ZNK4absl7debian312Notification30WaitForNotificationWithTimeoutENS0_8DurationE(
          notification, timeout);
  __tsan_acquire(FlagOf(notification));
  return notified;
}

bool __real__ZN4absl7debian312Notification23HasBeenNotifiedInternalEPKSt6atomicIbE(
    const std::atomic<bool>* flag);
bool __wrap__ZN4absl7debian312Notification23HasBeenNotifiedInternalEPKSt6atomicIbE(
    const std::atomic<bool>* flag) {
  const bool notified =
      __real__ZN4absl7debian312Notification23HasBeenNotifiedInternalEPKSt6atomicIbE(
          flag);
  __tsan_acquire(const_cast<std::atomic<bool>*>(flag));
  return notified;
}

bool __real__ZN4absl7debian315BlockingCounter14DecrementCountEv(
    absl::BlockingCounter* counter);
bool __wrap__ZN4absl7debian315BlockingCounter14DecrementCountEv(
    absl::BlockingCounter* counter) {
  __tsan_release(counter);
  return __real__ZN4absl7debian315BlockingCounter14DecrementCountEv(counter);
}

void __real__ZN4absl7debian315BlockingCounter4WaitEv(
    absl::BlockingCounter* counter);
void __wrap__ZN4absl7debian315BlockingCounter4WaitEv(
    absl::BlockingCounter* counter) {
  __real__ZN4absl7debian315BlockingCounter4WaitEv(counter);
  __tsan_acquire(counter);
}

}  // extern "C"
