;; Dot products of one row with many that lie one after the other, four of them at a time. Rows are float32, padded with zeros to
;; whole vectors of four. Each product is summed in the same order wherever its rows lie, so equal rows have equal products.
(module
  (import "rows" "memory" (memory 1))
  (func $sumOfLanes (param $v v128) (result f32)
    (f32.add
      (f32.add (f32x4.extract_lane 0 (local.get $v)) (f32x4.extract_lane 1 (local.get $v)))
      (f32.add (f32x4.extract_lane 2 (local.get $v)) (f32x4.extract_lane 3 (local.get $v)))))
  ;; Writes `count` float32 to `out`. All of `row`, `rows`, `out` and `bytes`, the length of a row, are in bytes.
  (func (export "dots")
    (param $row i32) (param $rows i32) (param $count i32) (param $bytes i32) (param $out i32)
    (local $at i32) (local $one i32) (local $two i32) (local $three i32) (local $four i32)
    (local $x v128) (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local.set $one (local.get $rows))
    (block $few
      (loop $fours
        (br_if $few (i32.lt_u (local.get $count) (i32.const 4)))
        (local.set $two (i32.add (local.get $one) (local.get $bytes)))
        (local.set $three (i32.add (local.get $two) (local.get $bytes)))
        (local.set $four (i32.add (local.get $three) (local.get $bytes)))
        (local.set $a (v128.const f32x4 0 0 0 0))
        (local.set $b (v128.const f32x4 0 0 0 0))
        (local.set $c (v128.const f32x4 0 0 0 0))
        (local.set $d (v128.const f32x4 0 0 0 0))
        (local.set $at (i32.const 0))
        (loop $along
          (local.set $x (v128.load (i32.add (local.get $row) (local.get $at))))
          (local.set $a (f32x4.add (local.get $a)
            (f32x4.mul (local.get $x) (v128.load (i32.add (local.get $one) (local.get $at))))))
          (local.set $b (f32x4.add (local.get $b)
            (f32x4.mul (local.get $x) (v128.load (i32.add (local.get $two) (local.get $at))))))
          (local.set $c (f32x4.add (local.get $c)
            (f32x4.mul (local.get $x) (v128.load (i32.add (local.get $three) (local.get $at))))))
          (local.set $d (f32x4.add (local.get $d)
            (f32x4.mul (local.get $x) (v128.load (i32.add (local.get $four) (local.get $at))))))
          (local.set $at (i32.add (local.get $at) (i32.const 16)))
          (br_if $along (i32.lt_u (local.get $at) (local.get $bytes))))
        (f32.store (local.get $out) (call $sumOfLanes (local.get $a)))
        (f32.store offset=4 (local.get $out) (call $sumOfLanes (local.get $b)))
        (f32.store offset=8 (local.get $out) (call $sumOfLanes (local.get $c)))
        (f32.store offset=12 (local.get $out) (call $sumOfLanes (local.get $d)))
        (local.set $out (i32.add (local.get $out) (i32.const 16)))
        (local.set $one (i32.add (local.get $four) (local.get $bytes)))
        (local.set $count (i32.sub (local.get $count) (i32.const 4)))
        (br $fours)))
    (block $none
      (loop $rest
        (br_if $none (i32.eqz (local.get $count)))
        (local.set $a (v128.const f32x4 0 0 0 0))
        (local.set $at (i32.const 0))
        (loop $along
          (local.set $a (f32x4.add (local.get $a)
            (f32x4.mul
              (v128.load (i32.add (local.get $row) (local.get $at)))
              (v128.load (i32.add (local.get $one) (local.get $at))))))
          (local.set $at (i32.add (local.get $at) (i32.const 16)))
          (br_if $along (i32.lt_u (local.get $at) (local.get $bytes))))
        (f32.store (local.get $out) (call $sumOfLanes (local.get $a)))
        (local.set $out (i32.add (local.get $out) (i32.const 4)))
        (local.set $one (i32.add (local.get $one) (local.get $bytes)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $rest)))))
