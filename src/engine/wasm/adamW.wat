;; AdamW and the squared norm over float32 arrays in one memory, four numbers at a time.
;;
;; Arrays are given as byte offsets, multiples of 16, with room for $count numbers rounded up to eight: what follows the last number up to
;; there is 0 and stays 0. The order of every sum is fixed, so equal inputs give equal bits. `parameterMemory.ts` calls this;
;; `adamWModule.ts` holds the compiled module, made by `node build/wasm/writeModule.ts`.
(module
  (import "parameters" "memory" (memory 1))

  ;; Sum of squares in double precision, in eight lanes that are added at the end: with fewer each addition would wait for the one before.
  (func (export "squaredNorm") (param $gradient i32) (param $count i32) (result f64)
    (local $g v128)
    (local $h v128)
    (local $low v128)
    (local $high v128)
    (local $sum0 v128)
    (local $sum1 v128)
    (local $sum2 v128)
    (local $sum3 v128)
    (block $done
      (loop $next
        (br_if $done (i32.le_s (local.get $count) (i32.const 0)))
        (local.set $g (v128.load (local.get $gradient)))
        (local.set $h (v128.load offset=16 (local.get $gradient)))
        (local.set $low (f64x2.promote_low_f32x4 (local.get $g)))
        (local.set $high
          (f64x2.promote_low_f32x4
            (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $g) (local.get $g))))
        (local.set $sum0 (f64x2.add (local.get $sum0) (f64x2.mul (local.get $low) (local.get $low))))
        (local.set $sum1 (f64x2.add (local.get $sum1) (f64x2.mul (local.get $high) (local.get $high))))
        (local.set $low (f64x2.promote_low_f32x4 (local.get $h)))
        (local.set $high
          (f64x2.promote_low_f32x4
            (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $h) (local.get $h))))
        (local.set $sum2 (f64x2.add (local.get $sum2) (f64x2.mul (local.get $low) (local.get $low))))
        (local.set $sum3 (f64x2.add (local.get $sum3) (f64x2.mul (local.get $high) (local.get $high))))
        (local.set $gradient (i32.add (local.get $gradient) (i32.const 32)))
        (local.set $count (i32.sub (local.get $count) (i32.const 8)))
        (br $next)))
    (local.set $sum0
      (f64x2.add
        (f64x2.add (local.get $sum0) (local.get $sum1))
        (f64x2.add (local.get $sum2) (local.get $sum3))))
    (f64.add (f64x2.extract_lane 0 (local.get $sum0)) (f64x2.extract_lane 1 (local.get $sum0))))

  ;; One update of one parameter, in place (the equations are `adamWUpdate`'s in core/training/optimizer.ts):
  ;;
  ;;   g = gradient * gradientScale
  ;;   m = beta1 m + (1 - beta1) g;   v = beta2 v + (1 - beta2) g^2
  ;;   p = kept p - stepSize m / (sqrt(v) * inverseRootCorrection + epsilon)
  (func (export "adamW")
    (param $values i32) (param $gradient i32) (param $firstMoment i32) (param $secondMoment i32) (param $count i32)
    (param $gradientScale f32) (param $beta1 f32) (param $oneMinusBeta1 f32) (param $beta2 f32) (param $oneMinusBeta2 f32)
    (param $kept f32) (param $stepSize f32) (param $inverseRootCorrection f32) (param $epsilon f32)
    (local $scale4 v128)
    (local $beta1x4 v128)
    (local $oneMinusBeta1x4 v128)
    (local $beta2x4 v128)
    (local $oneMinusBeta2x4 v128)
    (local $kept4 v128)
    (local $stepSize4 v128)
    (local $correction4 v128)
    (local $epsilon4 v128)
    (local $g v128)
    (local $m v128)
    (local $v v128)
    (local.set $scale4 (f32x4.splat (local.get $gradientScale)))
    (local.set $beta1x4 (f32x4.splat (local.get $beta1)))
    (local.set $oneMinusBeta1x4 (f32x4.splat (local.get $oneMinusBeta1)))
    (local.set $beta2x4 (f32x4.splat (local.get $beta2)))
    (local.set $oneMinusBeta2x4 (f32x4.splat (local.get $oneMinusBeta2)))
    (local.set $kept4 (f32x4.splat (local.get $kept)))
    (local.set $stepSize4 (f32x4.splat (local.get $stepSize)))
    (local.set $correction4 (f32x4.splat (local.get $inverseRootCorrection)))
    (local.set $epsilon4 (f32x4.splat (local.get $epsilon)))
    (block $done
      (loop $next
        (br_if $done (i32.le_s (local.get $count) (i32.const 0)))
        (local.set $g (f32x4.mul (v128.load (local.get $gradient)) (local.get $scale4)))
        (local.set $m
          (f32x4.add
            (f32x4.mul (v128.load (local.get $firstMoment)) (local.get $beta1x4))
            (f32x4.mul (local.get $g) (local.get $oneMinusBeta1x4))))
        (local.set $v
          (f32x4.add
            (f32x4.mul (v128.load (local.get $secondMoment)) (local.get $beta2x4))
            (f32x4.mul (f32x4.mul (local.get $g) (local.get $g)) (local.get $oneMinusBeta2x4))))
        (v128.store (local.get $firstMoment) (local.get $m))
        (v128.store (local.get $secondMoment) (local.get $v))
        (v128.store
          (local.get $values)
          (f32x4.sub
            (f32x4.mul (v128.load (local.get $values)) (local.get $kept4))
            (f32x4.div
              (f32x4.mul (local.get $m) (local.get $stepSize4))
              (f32x4.add (f32x4.mul (f32x4.sqrt (local.get $v)) (local.get $correction4)) (local.get $epsilon4)))))
        (local.set $values (i32.add (local.get $values) (i32.const 16)))
        (local.set $gradient (i32.add (local.get $gradient) (i32.const 16)))
        (local.set $firstMoment (i32.add (local.get $firstMoment) (i32.const 16)))
        (local.set $secondMoment (i32.add (local.get $secondMoment) (i32.const 16)))
        (local.set $count (i32.sub (local.get $count) (i32.const 4)))
        (br $next)))))
